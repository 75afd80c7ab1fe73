/**
 * @module
 * What only the settings page needs: two columns, a form, tables, code to copy. Part of the one style sheet.
 */
export const SETTINGS_STYLES = `
.card.page{max-width:72rem}
h1+.panel,h1+.columns{margin-top:1.25rem}
.columns{display:grid;gap:2rem;grid-template-columns:minmax(0,1fr)}
@media (min-width:60rem){.columns{grid-template-columns:minmax(0,5fr) minmax(0,4fr)}}
h2{margin:2rem 0 .75rem;font-size:1.25rem;line-height:1.3}
h3{margin:1.25rem 0 .375rem;font-size:1rem}
fieldset{margin:0;padding:0;border:0;min-width:0}
legend{padding:0;font-size:1.25rem;font-weight:600;margin-bottom:.75rem}
.field{margin:0 0 1.25rem}
.field label,.check label{font-weight:600}
.field label{display:block;margin-bottom:.25rem}
.field .help{margin:.25rem 0 0;font-size:.875rem;color:var(--soft)}
.field .error{margin:.25rem 0 0;font-weight:600;color:var(--alert);overflow-wrap:anywhere}
.field input,.field select{height:2.875rem}
.field input,.field select,.field textarea{width:100%;padding:.625rem .75rem;border:1px solid var(--soft);border-radius:.375rem;background:var(--card);color:var(--text);font:inherit}
.field textarea{display:block;resize:vertical;font:.875rem/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.field [aria-invalid=true]{border:2px solid var(--alert)}
.field ul.error{padding-left:1.25rem}
.pair{display:flex;flex-wrap:wrap;gap:0 .75rem}
.pair .field{flex:1 1 11rem;margin:0 0 .5rem}
.small-legend{font-size:1rem;margin-bottom:.5rem}
.help{font-size:.875rem;color:var(--soft)}
details.tight{margin:0 0 1.25rem}
details.tight dl{margin:.5rem 0 0}
.check{display:flex;gap:.625rem;align-items:center;margin:0 0 1.25rem}
.check input{width:1.375rem;height:1.375rem;flex:none}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin:0 0 1rem}
.actions .button,.inline .button{width:auto}
.actions .button+.button,.inline .button+.button{margin-top:0}
.inline{display:flex;flex-wrap:wrap;gap:.75rem;align-items:end;margin:0 0 1rem}
.inline .field{margin:0;flex:1 1 9rem}
.columns+nav{margin-top:2rem}
.filters{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.75rem;align-items:end;margin:0 0 1rem}
.filters .field{margin:0}
.filters .button{width:auto;justify-self:start}
.columns>div>form:first-child h2,.columns>section>h2{margin-top:0}
.panel{margin:0 0 1.5rem;padding:1rem;border:1px solid var(--line);border-left:.375rem solid var(--accent);border-radius:.5rem;background:var(--note)}
.panel.bad{border-left-color:var(--alert)}
.panel h2{margin:0 0 .5rem}
.panel p:last-child,.panel ul:last-child{margin-bottom:0}
.panel ul{padding-left:1.25rem}
.panel li{overflow-wrap:anywhere;margin-bottom:.25rem}
ol.guide{padding-left:1.25rem}
ol.guide>li{margin:0 0 1rem}
.copy{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.125rem .75rem;align-items:center;margin:.5rem 0}
.copy>.soft{grid-column:1/-1;font-size:.875rem}
.copy code{font-size:.8125rem}
code,pre{font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{overflow-wrap:anywhere}
pre{margin:.5rem 0;padding:.75rem;border:1px solid var(--line);border-radius:.375rem;background:var(--note);white-space:pre-wrap;overflow-wrap:anywhere}
.small{padding:.25rem .625rem;width:auto;font-size:.875rem}
ul.checks{padding-left:1.25rem}
ul.checks>li{margin:0 0 .75rem}
ul.checks p{margin:.25rem 0 0}
.scroll{overflow-x:auto;margin:0 0 1rem}
.wide-table{min-width:44rem}
td.details{overflow-wrap:anywhere;font-size:.875rem}
table{width:100%;border-collapse:collapse;font-size:.9375rem}
caption{text-align:left;color:var(--soft);padding:0 0 .5rem}
th,td{padding:.5rem .75rem .5rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
.copy>span::first-letter{text-transform:uppercase}
.nowrap{white-space:nowrap}
.field-error{margin:0 0 .75rem;font-weight:600;color:var(--alert)}
td time{white-space:nowrap}
`.trim();

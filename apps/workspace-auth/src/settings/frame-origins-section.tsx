/**
 * @module
 * CRM pages that may show the CTI Adaptor in a frame.
 */
import { CRM_PRESETS, MAX_FRAME_ORIGINS } from '@ipscape/sso-core';
import { FormKey } from './form-key.js';
import type { FrameOriginsState } from './frame-origins-form.js';

export function FrameOriginsSection({ state }: { readonly state: FrameOriginsState }) {
  const { text, crm, instance, seen, originErrors, instanceError } = state;
  return (
    <section aria-labelledby="crm-title" id="crm-pages">
      <h2 id="crm-title">CRM pages that may show the CTI Adaptor</h2>
      <p class="soft">
        Inside your CRM, browsers show the CTI Adaptor to agents on exactly these pages, and on no others.
        {seen.length === 0 ? ' None is listed yet, so no CRM can show it.' : ''}
      </p>
      <form method="post" novalidate>
        <FormKey />
        <input type="hidden" name="seenOrigins" value={seen.join('\n')} autocomplete="off" />
        <fieldset class="pair">
          <legend class="small-legend">Add your CRM</legend>
          <div class="field">
            <label for="crm">CRM</label>
            <select id="crm" name="crm">
              {CRM_PRESETS.map(({ id, name }) => (
                <option value={id} selected={id === crm}>
                  {name}
                </option>
              ))}
            </select>
          </div>
          <div class="field">
            <label for="crmInstance">Name of your own instance</label>
            <input
              id="crmInstance"
              name="crmInstance"
              value={instance}
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              aria-describedby={instanceError === null ? 'crm-help' : 'crm-help crmInstance-error'}
              aria-invalid={instanceError === null ? undefined : 'true'}
            />
            {instanceError === null ? null : (
              <p class="error" id="crmInstance-error">
                {instanceError}
              </p>
            )}
          </div>
        </fieldset>
        <p class="help" id="crm-help">
          The name, or the address of any page of your CRM. Its origins are added to the list below.
        </p>
        <details class="tight">
          <summary>Where the name is found</summary>
          <dl>
            {CRM_PRESETS.map(({ name, instanceLabel, help, hostPatterns, example }) => (
              <>
                <dt>{name}</dt>
                <dd>
                  {instanceLabel}. {help} Adds{' '}
                  {hostPatterns.map((pattern, index) => (
                    <>
                      {index === 0 ? '' : ' and '}
                      <code>https://{pattern.replace('{instance}', example)}</code>
                    </>
                  ))}
                  .
                </dd>
              </>
            ))}
          </dl>
        </details>
        <div class="field">
          <label for="frameOrigins">Exact origins, one a line</label>
          <textarea
            id="frameOrigins"
            name="frameOrigins"
            rows={Math.min(Math.max(text.split('\n').length + 1, 4), 12)}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-describedby={originErrors.length === 0 ? 'origins-help' : 'origins-help frameOrigins-error'}
            aria-invalid={originErrors.length === 0 ? undefined : 'true'}
          >
            {/* A browser drops the first line break of a text area. */}
            {`\n${text}`}
          </textarea>
          {originErrors.length === 0 ? null : (
            <ul class="error" id="frameOrigins-error">
              {originErrors.map((error) => (
                <li>
                  <bdi>{error}</bdi>
                </li>
              ))}
            </ul>
          )}
          <p class="help" id="origins-help">
            https:// and the host name, with a port if it has one, and nothing after it. At most {MAX_FRAME_ORIGINS}.
          </p>
        </div>
        <div class="actions">
          <button class="button second" type="submit" name="action" value="set-frame-origins">
            Save CRM pages
          </button>
        </div>
      </form>
    </section>
  );
}

import type { SettingsView } from '@ipscape/sso-core';

/** The set-up guide of one provider, with the tenant's own values to copy. */
export function Guide({ provider }: { readonly provider: SettingsView['providers'][number] }) {
  return (
    <section aria-labelledby="guide-title">
      <h2 id="guide-title">Set up {provider.name}</h2>
      <ol class="guide">
        {provider.guide.map((step) => (
          <li>
            <b>{step.title}</b>
            <div>{step.text}</div>
            {step.copy?.map((item) => (
              <div class="copy">
                <span class="soft">{item.label}</span>
                <code>{item.value}</code>
                <CopyButton value={item.value} label={`Copy ${item.label}`} />
              </div>
            ))}
          </li>
        ))}
      </ol>
      {provider.snippets.length === 0 ? null : (
        <>
          <h3>Or create the app with code</h3>
          {provider.snippets.map(({ title, text, code }) => (
            <details>
              <summary>{title}</summary>
              <p>{text}</p>
              <pre>{code}</pre>
              <CopyButton value={code} label={`Copy ${title}`} />
            </details>
          ))}
        </>
      )}
    </section>
  );
}

/** Shown by the script, which is what makes it work. */
function CopyButton({ value, label }: { readonly value: string; readonly label: string }) {
  return (
    <button class="button second small" type="button" data-copy={value} aria-label={label} hidden>
      Copy
    </button>
  );
}

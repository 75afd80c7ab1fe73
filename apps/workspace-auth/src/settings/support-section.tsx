import { SUPPORT_BUNDLE_PATH } from './settings-paths.js';

/** One button for what support asks first. The links work without script. */
export function SupportSection() {
  return (
    <section aria-labelledby="support-title">
      <h2 id="support-title">Support bundle</h2>
      <p class="soft">
        Send this with a request to the Service Desk. It holds the settings without any secret, their history, the
        result of the last Save and authorise, counts of the directory, and the newest lines of both logs. Of people it
        holds ids only, no names and no e-mail addresses.
      </p>
      <p class="actions">
        <button class="button second" type="button" data-copy-from={`${SUPPORT_BUNDLE_PATH}?format=text`} hidden>
          Copy support bundle
        </button>
        <a class="button second" href={`${SUPPORT_BUNDLE_PATH}?format=text`} download>
          Download as text
        </a>
        <a class="button second" href={`${SUPPORT_BUNDLE_PATH}?format=json`} download>
          Download as JSON
        </a>
      </p>
    </section>
  );
}

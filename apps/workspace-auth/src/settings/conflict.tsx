/**
 * @module
 * Two people changed the same thing: what the second one is told.
 */
import type { FieldDifference, FormField } from '@ipscape/sso-core';
import type { Child } from 'hono/jsx';
import type { FrameOriginsState } from './frame-origins-form.js';

/** Somebody saved in between: their revision's number, and what differs from what was typed. */
export interface ShownConflict {
  readonly number: number;
  readonly differences: readonly FieldDifference[];
}

export function SettingsConflict({
  conflict: { number, differences },
  fields,
}: {
  readonly conflict: ShownConflict;
  readonly fields: readonly FormField[];
}) {
  const labels = new Map(fields.map(({ name, label }) => [name, label]));
  return (
    <Conflict
      title="Somebody else changed the settings"
      column="Field"
      differences={differences.map(({ field, ...sides }) => ({ field: labels.get(field) ?? field, ...sides }))}
    >
      While you were typing, revision {number} was saved. Yours was not. Your values are still in the form: if you press
      Save and authorise again, they replace the newer ones.
    </Conflict>
  );
}

export function FrameOriginsConflict({
  state,
  theirs,
}: {
  readonly state: FrameOriginsState;
  readonly theirs: readonly string[];
}) {
  const yours = state.text.split(/\s+/).filter((origin) => origin !== '');
  const side = (list: readonly string[], origin: string): string => (list.includes(origin) ? 'listed' : 'not listed');
  const differences = [...new Set([...theirs, ...yours])]
    .map((field) => ({ field, yours: side(yours, field), theirs: side(theirs, field) }))
    .filter((difference) => difference.yours !== difference.theirs);
  return (
    <Conflict title="Somebody else changed the CRM pages" column="Origin" differences={differences}>
      While you were typing, the list was saved by somebody else. Yours was not. What you typed is still in the form: if
      you press Save CRM pages again, it replaces theirs.
    </Conflict>
  );
}

interface ConflictProps {
  readonly title: string;
  /** Title of the first column. */
  readonly column: string;
  readonly differences: readonly FieldDifference[];
  readonly children: Child;
}

function Conflict({ title, column, differences, children }: ConflictProps) {
  return (
    <div class="panel bad" role="alert">
      <h2>{title}</h2>
      <p>{children}</p>
      {differences.length === 0 ? null : (
        <section class="scroll" tabindex={0} aria-label="What differs">
          <table>
            <caption>What differs</caption>
            <thead>
              <tr>
                <th scope="col">{column}</th>
                <th scope="col">Yours</th>
                <th scope="col">Theirs</th>
              </tr>
            </thead>
            <tbody>
              {differences.map(({ field, yours, theirs }) => (
                <tr>
                  <th scope="row">{field}</th>
                  <td>{yours}</td>
                  <td>{theirs}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}

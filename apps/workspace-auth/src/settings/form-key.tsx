import { randomUUID } from 'node:crypto';

/**
 * Makes a form's double click, or the reload of its answer, one write. New for each form of each page; browsers that
 * remember what was in a field must not put an old one back.
 */
export function FormKey() {
  return <input type="hidden" name="idempotencyKey" value={randomUUID()} autocomplete="off" />;
}

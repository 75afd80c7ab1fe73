import type { Child } from 'hono/jsx';

/** A table that scrolls by itself where the window is narrow. */
export function Table({
  caption,
  columns,
  isWide = false,
  children,
}: {
  readonly caption: string;
  readonly columns: readonly string[];
  /** Whether its cells are texts that need room, also where the window has none. */
  readonly isWide?: boolean;
  readonly children?: Child;
}) {
  return (
    // What scrolls is reached by the keyboard only with a tab stop of its own.
    <section class="scroll" tabindex={0} aria-label={caption}>
      <table class={isWide ? 'wide-table' : undefined}>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col">{column}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

/** A moment for people, in UTC because the reader's zone is unknown to a page without script. */
export function Day({ date }: { readonly date: Date }) {
  const text = date.toISOString();
  return <time datetime={text}>{`${text.slice(0, 10)} ${text.slice(11, 16)} UTC`}</time>;
}

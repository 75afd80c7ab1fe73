/** White space, zero-width characters and direction marks: what comes along when a value is copied from a web page. */
const DRAGGED_ALONG = /[\s\u200b-\u200f\u2060\ufeff]/u;

/** Removes what a copy drags along at either end of a value. Nothing inside the value is touched. Linear time. */
export function trimPasted(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && DRAGGED_ALONG.test(value.charAt(start))) start += 1;
  while (end > start && DRAGGED_ALONG.test(value.charAt(end - 1))) end -= 1;
  return value.slice(start, end);
}

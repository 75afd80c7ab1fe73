/**
 * @module
 * The Markdown files of the repository, their code blocks and links.
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface CodeBlock {
  readonly file: string;
  readonly line: number;
  readonly language: string;
  /** Whether the block is a program that is to be run, as `ts run` says. */
  readonly runs: boolean;
  readonly code: string;
}

/** Relative to the repository, in order; what tools write for themselves is left out. */
export function markdownFiles(): readonly string[] {
  return globSync('**/*.md', {
    cwd: ROOT,
    exclude: (name) => /(?:^|\/)(?:node_modules|dist|\.turbo|\.data|\.git)(?:\/|$)|CHANGELOG\.md$/.test(name),
  }).sort();
}

export const readMarkdown = (file: string): string => readFileSync(ROOT + file, 'utf8');

export function codeBlocks(file: string): readonly CodeBlock[] {
  const text = readMarkdown(file);
  return [...text.matchAll(/^```([a-z]+)([^\n]*)\n(.*?)^```$/gms)].map(
    ({ 1: language = '', 2: info = '', 3: code = '', index }) => ({
      file,
      line: text.slice(0, index).split('\n').length,
      language,
      runs: info.trim() === 'run',
      code,
    }),
  );
}

/** Without code, which may hold anything that looks like a link. */
export function withoutCode(text: string): string {
  return text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '');
}

/** As GitHub makes them of headings. */
export function anchorsOf(file: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const headings = readMarkdown(file)
    .replace(/^```.*?^```$/gms, '')
    .matchAll(/^#{1,6} +(.+?) *#*$/gm);
  return new Set(
    [...headings].map(([, title = '']) => {
      const slug = title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
        .replaceAll(' ', '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}

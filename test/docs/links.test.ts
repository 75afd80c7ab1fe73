import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { describe, expect, test } from 'vitest';
import { anchorsOf, markdownFiles, ROOT, readMarkdown, withoutCode } from './markdown.js';

const FILES = markdownFiles();

function linksOf(file: string): readonly string[] {
  const text = withoutCode(readMarkdown(file));
  const inline = [...text.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g)].map(([, target = '']) => target);
  const html = [...text.matchAll(/(?:src|srcset|href)="([^"]+)"/g)].map(([, target = '']) => target);
  return [...inline, ...html];
}

describe.each(FILES)('%s', (file) => {
  test('leads to files and headings that are there', () => {
    const broken = linksOf(file).filter((link) => {
      if (/^(?:https?:|mailto:)/.test(link)) return false;
      const [path = '', anchor] = link.split('#', 2);
      const target = path === '' ? file : normalize(join(dirname(file), decodeURI(path)));
      if (target.startsWith('..') || !existsSync(ROOT + target)) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

test('there is something to read', () => {
  expect(FILES.length).toBeGreaterThan(15);
  expect(FILES.flatMap(linksOf).length).toBeGreaterThan(100);
});

// Writes the names of the tests that exist now into docs/security.md; the repository's own test says when to run it.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DOCUMENT, findRowTests, readRows, refreshDocument, summarise } from '../test/support/security-rows.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const path = `${root}${DOCUMENT}`;
const tests = findRowTests(root);
// Twice: the summary counts the notes that the first pass leaves.
const document = refreshDocument(refreshDocument(readFileSync(path, 'utf8'), tests), tests);
writeFileSync(path, document);
console.log(summarise(readRows(document), tests));

import type { ImportLine } from '@ipscape/sso-store';
import { Refusal } from '../refusal.js';
import { type CsvRecord, createCsvReader } from './csv-reader.js';
import { type ImportColumn, parseHeader } from './parse-header.js';
import { parseUserRow } from './parse-user-row.js';

export interface ReadImportLinesInput {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Called for every row that cannot be used, in order. */
  readonly refuse: (line: number, problems: readonly string[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Smaller than a chunk of a file makes; what one statement of the import carries. */
const BATCH = 1_000;

/**
 * The rows of a user file in batches, in memory for one batch. A row that cannot be used is reported and has no user.
 *
 * @throws {Refusal} `file-empty`, `file-encoding` or `header-invalid`; the signal's reason when it aborts
 */
export async function* readImportLines(input: ReadImportLinesInput): AsyncGenerator<readonly ImportLine[]> {
  const decoder = new TextDecoder('utf-8');
  const reader = createCsvReader();
  let columns: readonly ImportColumn[] | null = null;
  let isStart = true;

  async function* toBatches(records: readonly CsvRecord[]) {
    const [first, ...others] = records;
    if (columns === null && first !== undefined) {
      columns = parseHeader(first);
      records = others;
    }
    for (let from = 0; from < records.length; from += BATCH) {
      input.signal.throwIfAborted();
      const lines: ImportLine[] = [];
      for (const record of records.slice(from, from + BATCH)) {
        const { user, problems } = parseUserRow(record, columns ?? []);
        if (problems !== null) await input.refuse(record.line, problems);
        lines.push({ line: record.line, user });
      }
      yield lines;
    }
  }

  for await (const chunk of input.chunks) {
    if (isStart && isUtf16(chunk)) throw notUtf8();
    isStart = false;
    yield* toBatches(reader.push(decoder.decode(chunk, { stream: true })));
  }
  yield* toBatches([...reader.push(decoder.decode()), ...reader.end()]);
  if (columns === null) {
    const advice = 'Its first line names the columns: email,name,role,products,status.';
    throw new Refusal({ code: 'file-empty', message: 'The file is empty.', advice });
  }
}

function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

function notUtf8(): Refusal {
  return new Refusal({
    code: 'file-encoding',
    message: 'The file is written in UTF-16.',
    advice: 'Save it as "CSV UTF-8".',
  });
}

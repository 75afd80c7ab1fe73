/**
 * @module
 * CSV as RFC 4180 has it, from text in pieces of any size. No I/O. Memory for one record, whatever the file holds.
 */

export interface CsvRecord {
  /** Line of the file on which the record begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
  /** What is wrong with how it is written, or null. */
  readonly problem: string | null;
}

export interface CsvReader {
  /** The records that end within the text. */
  push(text: string): readonly CsvRecord[];
  /** The last record, if the file does not end with a line break. */
  end(): readonly CsvRecord[];
}

/** Longest record in characters: a quote that is never closed must not take the rest of the file. */
const MAX_RECORD = 16_384;

/** Fields are separated by commas and records by CR LF, LF or CR. Lines without any character are passed over. */
export function createCsvReader(): CsvReader {
  let state: 'start' | 'plain' | 'quoted' | 'closed' | 'lost' = 'start';
  let fields: string[] = [];
  let field = '';
  let length = 0;
  let problem: string | null = null;
  let [line, recordLine] = [1, 1];
  let afterReturn = false;
  let records: CsvRecord[] = [];

  function endField(): void {
    fields.push(field);
    field = '';
    state = 'start';
  }

  function endRecord(): void {
    if (length > 0) {
      endField();
      records.push({ line: recordLine, fields, problem });
    }
    [fields, field, length, problem, state] = [[], '', 0, null, 'start'];
    recordLine = line;
  }

  function fail(text: string): void {
    problem ??= text;
  }

  function takeCharacter(character: string): void {
    length++;
    if (length > MAX_RECORD && state !== 'lost') {
      fail(
        state === 'quoted'
          ? 'a quoted field is not closed'
          : `the line is longer than ${MAX_RECORD.toLocaleString('en')} characters`,
      );
      [state, fields, field] = ['lost', [], ''];
    }
    if (state === 'lost') return;
    if (state === 'quoted') {
      if (character === '"') state = 'closed';
      else field += character;
    } else if (character === ',') endField();
    else if (character === '"') takeQuote();
    else {
      if (state === 'closed') fail('there is text after a closing quote');
      else state = 'plain';
      field += character;
    }
  }

  function takeQuote(): void {
    if (state === 'closed') {
      field += '"';
      state = 'quoted';
    } else if (state === 'start') state = 'quoted';
    else {
      fail('there is a quote inside a field that does not begin with one');
      field += '"';
    }
  }

  function take(character: string): void {
    const isBreak = character === '\n' || character === '\r';
    const isSecondHalf = character === '\n' && afterReturn;
    afterReturn = character === '\r';
    if (isBreak && !isSecondHalf) line++;
    if (isBreak && state !== 'quoted') {
      if (!isSecondHalf) endRecord();
    } else takeCharacter(character);
  }

  function collect(): readonly CsvRecord[] {
    const collected = records;
    records = [];
    return collected;
  }

  return {
    push(text) {
      for (let index = 0; index < text.length; index++) take(text.charAt(index));
      return collect();
    },
    end() {
      if (state === 'quoted') fail('a quoted field is not closed');
      endRecord();
      return collect();
    },
  };
}

import { suggest } from '../nearest.js';
import { Refusal } from '../refusal.js';
import type { CsvRecord } from './csv-reader.js';

const REQUIRED = ['email', 'name', 'role', 'products'] as const;
const OPTIONAL = ['status', 'id'] as const;
const COLUMNS = [...REQUIRED, ...OPTIONAL] as const;
export type ImportColumn = (typeof COLUMNS)[number];

/** The column of each field, in the order of the file. @throws {Refusal} `header-invalid` with everything wrong */
export function parseHeader(record: CsvRecord): readonly ImportColumn[] {
  const names = record.fields.map((field) => field.trim().toLowerCase());
  const columns = names.flatMap((name) => COLUMNS.find((column) => column === name) ?? []);
  const problems = [
    ...(record.problem === null ? [] : [record.problem]),
    ...names
      .filter((name) => !columns.some((column) => column === name))
      .map((name) => `"${name}" is not a column.${suggest(name, COLUMNS)}`),
    ...COLUMNS.filter((column) => names.indexOf(column) !== names.lastIndexOf(column)).map(
      (column) => `The column "${column}" is there twice.`,
    ),
    ...REQUIRED.filter((column) => !names.includes(column)).map((column) => `The column "${column}" is missing.`),
  ];
  if (problems.length === 0) return columns;
  const isSemicolons = names.length === 1 && names[0]?.includes(';') === true;
  throw new Refusal({
    code: 'header-invalid',
    message: isSemicolons
      ? 'The first line separates its columns with ";".'
      : `The first line is not the names of the columns. ${problems.join(' ')}`,
    advice: isSemicolons
      ? 'Save the file with commas between the columns.'
      : 'Begin the file with: email,name,role,products,status (status and id may be left out; any order).',
  });
}

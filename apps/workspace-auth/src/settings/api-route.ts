/**
 * @module
 * How a route of the settings' API is described, and how a request that its schemas refuse is explained.
 */
import { createRoute, type z } from '@hono/zod-openapi';
import type { FieldProblem } from './refuse-dangerous-json.js';
import * as schemas from './settings-api-schemas.js';
import { API } from './settings-paths.js';

const refusal = {
  content: { 'application/problem+json': { schema: schemas.problem } },
  description: 'Refused; `code` says why.',
};

export function json<Answer extends z.ZodType>(schema: Answer) {
  return { content: { 'application/json': { schema } }, description: 'Done.' };
}

export function read<
  Answer extends z.ZodType,
  Request extends { readonly params?: z.ZodObject; readonly query?: z.ZodObject } = Record<never, never>,
>(name: string, summary: string, answer: Answer, request?: Request) {
  return createRoute({
    method: 'get',
    path: `${API}/${name}`,
    operationId: toOperationId('get', name),
    summary,
    request: request ?? ({} as Request),
    responses: { 200: json(answer), default: refusal },
  });
}

/** A body is always required: without that, a request that has none would not be checked. */
export function write<Body extends z.ZodType, Answer extends z.ZodType>(
  name: string,
  summary: string,
  body: Body,
  answer: Answer,
) {
  return createRoute({
    method: 'post',
    path: `${API}/${name}`,
    operationId: toOperationId('', name),
    summary,
    request: {
      headers: schemas.writeHeaders,
      body: { content: { 'application/json': { schema: body } }, required: true },
    },
    responses: { 200: json(answer), default: refusal },
  });
}

function toOperationId(verb: string, name: string): string {
  const words = `${verb}-${name.replace(/\{.*\}/, '')}`.split(/[^a-z]+/).filter((word) => word !== '');
  return words.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('');
}

const MAX_PROBLEMS = 20;
const MAX_PATH_CHARACTERS = 128;

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

/** One entry for each field; an unknown one has an entry of its own. Repeats names that were sent, and no value. */
export function explainSchemaRefusal(issues: readonly Issue[]): readonly FieldProblem[] {
  return issues
    .flatMap(({ code, path, message, keys }) =>
      code === 'unrecognized_keys' && keys !== undefined
        ? keys.map((key) => ({ path: toPath([...path, key]), message: 'This field is not known.' }))
        : [{ path: toPath(path), message }],
    )
    .slice(0, MAX_PROBLEMS);
}

function toPath(path: readonly PropertyKey[]): string {
  return path.map(String).join('.').slice(0, MAX_PATH_CHARACTERS);
}

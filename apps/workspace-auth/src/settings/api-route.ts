/**
 * @module
 * How a route of the settings' API is described.
 */
import { createRoute, type z } from '@hono/zod-openapi';
import * as schemas from './settings-api-schemas.js';

export const API = '/workspace/api/sso';

const refusal = {
  content: { 'application/problem+json': { schema: schemas.problem } },
  description: 'Refused; `code` says why.',
};

export function json<Answer extends z.ZodType>(schema: Answer) {
  return { content: { 'application/json': { schema } }, description: 'Done.' };
}

export function read<Answer extends z.ZodType>(name: string, summary: string, answer: Answer) {
  return createRoute({
    method: 'get',
    path: `${API}/${name}`,
    summary,
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
    summary,
    request: { body: { content: { 'application/json': { schema: body } }, required: true } },
    responses: { 200: json(answer), default: refusal },
  });
}

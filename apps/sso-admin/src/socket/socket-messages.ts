/**
 * @module
 * What goes over the socket between a command and the local stack: JSON values, one a line.
 */
import { z } from 'zod';
import { EXIT } from '../exit-codes.js';

/** The first and only line of the caller. */
export const adminRequest = z.strictObject({
  version: z.literal(1),
  argv: z.array(z.string()).max(1_000),
  cwd: z.string(),
  operator: z.string(),
  isTerminal: z.boolean(),
  columns: z.number().int().positive(),
});
export type AdminRequest = z.infer<typeof adminRequest>;

/** Any number of lines of the stack; `exit` is the last one. */
export const adminReply = z.union([
  z.strictObject({ out: z.string() }),
  z.strictObject({ err: z.string() }),
  z.strictObject({ exit: z.literal(Object.values(EXIT)) }),
]);
export type AdminReply = z.infer<typeof adminReply>;

/** Longest line that either side takes. */
export const MAX_LINE = 8 * 1024 * 1024;

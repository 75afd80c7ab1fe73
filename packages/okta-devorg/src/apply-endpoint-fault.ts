/**
 * @module Lets an endpoint be late, silent, gone or wrong.
 */
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { EndpointFault } from './okta-dev-faults.js';

/** Acts on `fault`. Returns whether the request has been dealt with, so that there is nothing more to answer. */
export async function applyEndpointFault(fault: EndpointFault | undefined, response: ServerResponse): Promise<boolean> {
  if (!fault) return false;
  if (fault.delayMs !== undefined) await delay(fault.delayMs);
  if (fault.dropConnection) {
    response.destroy();
    return true;
  }
  if (fault.hang) return true;
  if (fault.status === undefined && fault.body === undefined) return false;
  // Set before, so that one of the fault's takes its place however it is written.
  response.setHeader('Content-Type', 'application/json');
  response.writeHead(fault.status ?? 200, fault.headers ?? {});
  response.end(fault.body ?? '');
  return true;
}

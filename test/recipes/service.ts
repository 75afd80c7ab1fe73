/**
 * @module
 * The service that the guide's test is about: the one on Hono.
 */
export { createService } from './hono-service.js';

/**
 * @module
 * An adapter as a process of its own, in which a route leaves a rejection or an exception that nobody catches; each says
 * something secret. Prints its port.
 */
import { runAdapter } from '@ipscape/sso-hono/node';
import { Hono } from 'hono';

/** As database drivers and HTTP clients make them. */
function leak(): Error {
  const cause = Object.assign(new Error('FAULT-CANARY of the cause'), { params: ['FAULT-CANARY'] });
  return Object.assign(new Error('FAULT-CANARY', { cause }), {
    query: 'FAULT-CANARY',
    detail: 'FAULT-CANARY',
    code: '23505',
  });
}

await runAdapter({
  environment: {
    mode: 'development',
    host: '127.0.0.1',
    port: 0,
    database: { dataDirectory: '' },
    dataDirectory: '',
    encryptionKeys: 'unused',
    trustedProxies: [],
    publicPort: null,
    logLevel: 'trace',
    tracing: null,
  },
  providers: [],
  openStore: async () => ({ deleteExpired: async () => 0, ping: async () => {}, close: async () => {} }) as never,
  createApp: () =>
    new Hono()
      .get('/rejection', (c) => {
        void Promise.reject(leak());
        return c.text('ok');
      })
      .get('/exception', (c) => {
        setImmediate(() => {
          throw leak();
        });
        return c.text('ok');
      })
      .get('/text', (c) => {
        setImmediate(() => {
          throw 'FAULT-CANARY';
        });
        return c.text('ok');
      })
      .get('/no-error', (c) => {
        void Promise.reject('FAULT-CANARY');
        return c.text('ok');
      }) as never,
});

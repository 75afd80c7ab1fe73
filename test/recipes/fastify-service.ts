import { type ProductSession, type ProductTokenVerifier, productTokenProblem } from '@ipscape/sso-core';
import { fastify } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    caller: ProductSession | null;
  }
}

export function createService(verifier: ProductTokenVerifier) {
  const app = fastify();
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request) => {
    request.caller = await verifier.verifyAuthorization(request.headers.authorization);
  });
  app.setErrorHandler((error, _request, reply) => {
    const problem = productTokenProblem(error);
    if (problem === null) return reply.send(error);
    return reply.code(problem.status).headers(problem.headers).send(JSON.stringify(problem.body));
  });
  app.get('/calls/mine', async ({ caller }) => ({ tenant: caller?.tenant.id, calls: `of ${caller?.user.id}` }));
  return app;
}

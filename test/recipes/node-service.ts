import { createServer } from 'node:http';
import { type ProductTokenVerifier, productTokenProblem } from '@ipscape/sso-core';

export function createService(verifier: ProductTokenVerifier) {
  return createServer(async (request, response) => {
    try {
      const { tenant, user } = await verifier.verifyAuthorization(request.headers.authorization);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ tenant: tenant.id, calls: `of ${user.id}` }));
    } catch (error) {
      const problem = productTokenProblem(error);
      response.writeHead(problem?.status ?? 500, problem?.headers).end(JSON.stringify(problem?.body ?? {}));
    }
  });
}

import { type ProductSession, type ProductTokenVerifier, productTokenProblem } from '@ipscape/sso-core';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';

export function createService(verifier: ProductTokenVerifier) {
  const requireSession: RequestHandler = async (request, response, next) => {
    response.locals.session = await verifier.verifyAuthorization(request.headers.authorization);
    next();
  };
  const answerProblem: ErrorRequestHandler = (error, _request, response, next) => {
    const problem = productTokenProblem(error);
    if (problem === null) next(error);
    else response.status(problem.status).set(problem.headers).send(JSON.stringify(problem.body));
  };
  return express()
    .use('/calls', requireSession)
    .get('/calls/mine', (_request, response) => {
      const { tenant, user } = response.locals.session as ProductSession;
      response.json({ tenant: tenant.id, calls: `of ${user.id}` });
    })
    .use(answerProblem);
}

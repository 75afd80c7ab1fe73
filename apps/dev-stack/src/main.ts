import { describeStart } from './describe-start.js';
import { readEnvironment } from './environment.js';
import { explainFailure } from './explain-failure.js';
import { startStack } from './stack.js';

const environment = readEnvironment();
console.log('Starting the database, the local Okta orgs and the three products ...');
try {
  const stack = await startStack(environment);
  console.log(describeStart(stack, environment));
  const stop = async (): Promise<void> => {
    console.log('\nStopping ...');
    await stack.stop();
    console.log('Stopped. Everything is kept for the next start.');
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
} catch (error) {
  console.error(explainFailure(error, environment));
  process.exit(1);
}

import { library } from '../../tsup.base.js';

export default library([
  'src/index.ts',
  'src/cti-sign-in.ts',
  'src/keep-session.ts',
  'src/node/index.ts',
  'src/node/start-tracing.ts',
]);

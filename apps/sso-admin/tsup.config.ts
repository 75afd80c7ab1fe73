import { app } from '../../tsup.base.js';

export default app(['src/main.ts']);

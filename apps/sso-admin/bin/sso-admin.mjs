#!/usr/bin/env node
// Starts the built program. A file of its own, because npm links commands before anything is built.
import { existsSync } from 'node:fs';

const program = new URL('../dist/main.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error('sso-admin is not built yet. Run "npm start" once, or "npm run build".');
  process.exitCode = 4;
}

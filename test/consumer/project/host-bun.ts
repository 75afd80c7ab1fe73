/** @module The portable service on Bun. */
import { createPortableService } from './portable-service.ts';

declare const Bun: {
  readonly argv: readonly string[];
  serve(options: { readonly port: number; readonly hostname: string; fetch(request: Request): Promise<Response> }): {
    readonly port: number;
  };
};

const handle = createPortableService(JSON.parse(Bun.argv[2] ?? ''));
const { port } = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: handle });
console.log(`listening ${port}`);

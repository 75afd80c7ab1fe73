import { canonicaliseEmail, type DirectoryUser, PRODUCTS, type UserRole, type UserStatus } from '@ipscape/sso-core';
import { ACTOR, type Answer, type Command, type CommandContext, LIMIT, TENANT } from '../command.js';
import { findTenant } from '../find-tenant.js';
import { findUser } from '../find-user.js';
import { formatCut, formatTable } from '../format.js';
import { parseLimit } from '../parse-limit.js';
import { parseProducts } from '../parse-products.js';
import { wrongUsage } from '../refusal.js';
import { ROLES, STATUSES } from '../words.js';

const USER = { name: 'USER', text: 'e-mail address or id of the user' } as const;

export const USER_COMMANDS: readonly Command[] = [
  {
    words: 'user list',
    summary: 'Lists the users of a tenant.',
    options: [
      TENANT,
      { name: 'user', value: 'USER', text: 'only this e-mail address or id' },
      { name: 'status', value: 'STATUS', text: 'only users who are', choices: STATUSES },
      { name: 'role', value: 'ROLE', text: 'only the role', choices: ROLES },
      { name: 'product', value: 'PRODUCT', text: 'only users who may use', choices: PRODUCTS },
      LIMIT,
    ],
    example: 'user list --tenant acme.ipscape.com.au --product cti',
    run: listUsers,
  },
  {
    words: 'user add',
    summary: 'Adds an active user.',
    argument: { name: 'EMAIL', text: 'e-mail address, as it is at the identity provider' },
    options: [
      TENANT,
      { name: 'name', value: 'NAME', text: 'name of the person', required: true },
      { name: 'role', value: 'ROLE', text: 'role in ipSCAPE (default agent)', choices: ROLES },
      { name: 'products', value: 'LIST', text: `what the user may use, e.g. "cti;toolbar" (default all of them)` },
      { name: 'id', value: 'ID', text: 'the user’s id in ipSCAPE (default: a new one)' },
      ACTOR,
    ],
    example: 'user add jane@acme.example --tenant acme.ipscape.com.au --name "Jane Doe" --products "cti;toolbar"',
    run: addUser,
  },
  {
    words: 'user disable',
    summary: 'Disables a user, whose sessions end at once.',
    argument: USER,
    options: [TENANT, ACTOR],
    example: 'user disable jane@acme.example --tenant acme.ipscape.com.au',
    run: (context) => setStatus(context, 'disabled'),
  },
  {
    words: 'user enable',
    summary: 'Lets a disabled user sign in again.',
    argument: USER,
    options: [TENANT, ACTOR],
    example: 'user enable jane@acme.example --tenant acme.ipscape.com.au',
    run: (context) => setStatus(context, 'active'),
  },
];

async function listUsers({ deps, input }: CommandContext): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const [emailOrId, product] = [input.optional('user'), PRODUCTS.find((name) => name === input.optional('product'))];
  const status = STATUSES.find((name) => name === input.optional('status'));
  const role = ROLES.find((name) => name === input.optional('role'));
  const { users, total } = await deps.store.findUsers(tenant.id, {
    limit: parseLimit(input),
    ...(emailOrId === null ? {} : { emailOrId }),
    ...(product === undefined ? {} : { product }),
    ...(status === undefined ? {} : { status }),
    ...(role === undefined ? {} : { role }),
  });
  const rows = users.map((user) => [user.email, user.name, user.role, user.products.join(' '), user.status, user.id]);
  const titles = ['EMAIL', 'NAME', 'ROLE', 'PRODUCTS', 'STATUS', 'ID'];
  const text = formatTable(titles, rows, 'No user matches.') + formatCut(users.length, total, 'user');
  return { json: { users, total }, text };
}

async function addUser({ deps, input, actor }: CommandContext): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const id = input.optional('id');
  const typed = input.optional('products');
  const products = typed === null ? PRODUCTS : parseProducts(typed);
  if (!Array.isArray(products))
    throw wrongUsage(`--products ${products}.`, 'Write for example --products "cti;toolbar".');
  const email = input.argument;
  if (canonicaliseEmail(email) === null) {
    throw wrongUsage(
      `"${email}" is not an e-mail address that a sign-in can match.`,
      'Write it in ASCII as name@domain.',
    );
  }
  const name = input.required('name');
  const role: UserRole = ROLES.find((known) => known === input.optional('role')) ?? 'agent';
  const others = (await deps.store.findUsers(tenant.id, { emailOrId: email })).users;
  const user = await deps.store.addUser({
    tenantId: tenant.id,
    email,
    name,
    role,
    products: [...products],
    actor,
    ...(id === null ? {} : { id }),
  });
  return { json: { user }, text: `Added ${user.email} with the id ${user.id}.\n${warnOfOthers(others)}` };
}

function warnOfOthers(others: readonly DirectoryUser[]): string {
  if (others.length === 0) return '';
  const ids = others.map(({ id }) => id).join(', ');
  return `Others have the same address (${ids}): none of them can sign in by it until all but one are changed.\n`;
}

async function setStatus({ deps, input, actor }: CommandContext, status: UserStatus): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const user = await findUser(deps, tenant, input.argument);
  await deps.store.setUserStatus({ tenantId: tenant.id, userId: user.id, status, actor });
  const text = status === 'disabled' ? 'is disabled, and the sessions have ended' : 'may sign in again';
  return { json: { user: { ...user, status } }, text: `${user.email} ${text}.\n` };
}

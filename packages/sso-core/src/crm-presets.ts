/**
 * @module
 * The CRMs that most tenants use, as patterns of host names. The administrator gives the name of the own instance; what
 * comes out are exact origins, never a pattern.
 */

/** The CRMs whose hosts are known, in the order in which people are shown them. Others are typed as origins. */
export const CRM_PRESET_IDS = ['salesforce', 'servicenow', 'zendesk', 'dynamics'] as const;
/** Part of the settings page's form and API, so a name never changes. */
export type CrmPresetId = (typeof CRM_PRESET_IDS)[number];

/** How a CRM names its instances and writes their hosts, for a form that asks for the name. */
export interface CrmPreset {
  readonly id: CrmPresetId;
  /** As the vendor writes it. */
  readonly name: string;
  /** What the vendor calls the name of an instance. */
  readonly instanceLabel: string;
  /** Where it is found, and what it does not cover. */
  readonly help: string;
  /** An instance as it may be entered. */
  readonly example: string;
  /** Host names that the name alone leads to, with `{instance}` in its place. */
  readonly hostPatterns: readonly string[];
}

/** Exact origins, still to be judged by {@link decideFrameOrigins}; or what to type instead. */
export type CrmPresetResult =
  | { readonly ok: true; readonly origins: readonly string[] }
  /** `message` never contains what was typed. */
  | { readonly ok: false; readonly message: string };

interface PresetRule extends Omit<CrmPreset, 'id' | 'hostPatterns'> {
  readonly instance: RegExp;
  /** The domains that an instance has when its name alone is given. */
  readonly domains: readonly string[];
  /** Domains of other clouds of the vendor: the host name has to be given. */
  readonly otherDomains: readonly string[];
  /** Further domains of the same instance, which are recognised and frame nothing. */
  readonly aliases: readonly string[];
}

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const ANY_LABEL = new RegExp(`^${LABEL}$`);

const RULES: Readonly<Record<CrmPresetId, PresetRule>> = {
  salesforce: {
    name: 'Salesforce',
    instanceLabel: 'My Domain name',
    help: 'In Salesforce under Setup > My Domain. That of a sandbox has the sandbox in it: acme--uat.sandbox.',
    example: 'acme',
    // Two hyphens are in the names of sandboxes only, whose hosts have the partition as well.
    instance: new RegExp(`^(?:(?!.*--)${LABEL}|${LABEL}\\.(?:sandbox|develop|scratch|trailblaze|demo|patch|free))$`),
    domains: ['lightning.force.com', 'my.salesforce.com'],
    otherDomains: [],
    aliases: ['my.salesforce-setup.com'],
  },
  servicenow: {
    name: 'ServiceNow',
    instanceLabel: 'Instance name',
    help: 'The first part of the address of your ServiceNow. A custom URL is an origin of its own.',
    example: 'acme',
    instance: ANY_LABEL,
    domains: ['service-now.com'],
    otherDomains: ['servicenowservices.com'],
    aliases: [],
  },
  zendesk: {
    name: 'Zendesk',
    instanceLabel: 'Subdomain',
    help: 'The first part of the address of your Zendesk. An app whose pages are at Zendesk adds the origin https://<app id>.apps.zdusercontent.com.',
    example: 'acme',
    instance: ANY_LABEL,
    domains: ['zendesk.com'],
    otherDomains: [],
    aliases: [],
  },
  dynamics: {
    name: 'Microsoft Dynamics 365',
    instanceLabel: 'Environment with its region',
    help: 'The address of your Dynamics 365 up to “crm” and its number: acme.crm6 for acme in Australia.',
    example: 'acme.crm6',
    // Microsoft adds regions, so any number will do.
    instance: new RegExp(`^${LABEL}\\.crm\\d{0,2}$`),
    domains: ['dynamics.com'],
    otherDomains: ['microsoftdynamics.us', 'appsplatform.us', 'dynamics.cn'],
    aliases: [],
  },
};

/** How each CRM writes its hosts, and what the administrator is asked for. */
export const CRM_PRESETS: readonly CrmPreset[] = CRM_PRESET_IDS.map((id) => {
  const { name, instanceLabel, help, example, domains } = RULES[id];
  return { id, name, instanceLabel, help, example, hostPatterns: domains.map((domain) => `{instance}.${domain}`) };
});

/** The vendors' own domains, on which nobody's CRM is: `lightning.force.com`, `force.com`. */
export const CRM_DOMAINS: readonly string[] = Object.values(RULES)
  .flatMap(({ domains, otherDomains, aliases }) => [...domains, ...otherDomains, ...aliases])
  .flatMap((domain) => [domain, domain.split('.').slice(-2).join('.')]);

const MAX_CHARACTERS = 2048;

/**
 * The origins of an instance. Takes its name alone, its host name, or an address copied from a page of the CRM.
 * Never throws.
 */
export function expandCrmPreset(id: CrmPresetId, typed: string): CrmPresetResult {
  const { name, instanceLabel, help, example, ...rule } = RULES[id];
  const host = typed.length > MAX_CHARACTERS ? '' : hostOf(typed);
  const cut = (domain: string) => (host.endsWith(`.${domain}`) ? host.slice(0, -domain.length - 1) : null);
  for (const domain of rule.otherDomains) {
    const instance = cut(domain);
    if (instance !== null && rule.instance.test(instance)) return { ok: true, origins: [`https://${host}`] };
  }
  for (const instance of [host, ...[...rule.domains, ...rule.aliases].map(cut)]) {
    if (instance === null || !rule.instance.test(instance)) continue;
    return { ok: true, origins: rule.domains.map((domain) => `https://${instance}.${domain}`) };
  }
  return { ok: false, message: `Enter the ${instanceLabel} of ${name}, for example ${example}. ${help}` };
}

function hostOf(typed: string): string {
  const address = typed.trim().toLowerCase();
  return address.startsWith('https://') ? (address.slice('https://'.length).split(/[/?#]/, 1)[0] ?? '') : address;
}

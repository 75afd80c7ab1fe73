import { describe, expect, test } from 'vitest';
import { CRM_PRESETS, type CrmPresetId, expandCrmPreset } from './crm-presets.js';
import { decideFrameOrigin } from './frame-origin.js';

const salesforce = (instance: string) => [
  `https://${instance}.lightning.force.com`,
  `https://${instance}.my.salesforce.com`,
];

describe('I9 a preset becomes exact origins', () => {
  test.each<[CrmPresetId, string, readonly string[]]>([
    ['salesforce', 'acme', salesforce('acme')],
    ['salesforce', ' Acme ', salesforce('acme')],
    ['salesforce', 'acme.my.salesforce.com', salesforce('acme')],
    ['salesforce', 'https://acme.lightning.force.com/lightning/page/home?x=1#y', salesforce('acme')],
    ['salesforce', 'https://acme.my.salesforce-setup.com/lightning/setup', salesforce('acme')],
    ['salesforce', 'acme--uat.sandbox', salesforce('acme--uat.sandbox')],
    ['salesforce', 'https://acme--uat.sandbox.lightning.force.com/', salesforce('acme--uat.sandbox')],
    ['salesforce', 'acme-dev-ed.develop', salesforce('acme-dev-ed.develop')],
    ['servicenow', 'acmedev', ['https://acmedev.service-now.com']],
    ['servicenow', 'https://acme.service-now.com/now/nav/ui', ['https://acme.service-now.com']],
    ['servicenow', 'acme.servicenowservices.com', ['https://acme.servicenowservices.com']],
    ['zendesk', 'acme', ['https://acme.zendesk.com']],
    ['zendesk', 'https://acme.zendesk.com/agent/tickets/1', ['https://acme.zendesk.com']],
    ['dynamics', 'acme.crm6', ['https://acme.crm6.dynamics.com']],
    ['dynamics', 'acme.crm', ['https://acme.crm.dynamics.com']],
    ['dynamics', 'https://acme.crm22.dynamics.com/main.aspx?appid=1', ['https://acme.crm22.dynamics.com']],
    ['dynamics', 'acme.crm.microsoftdynamics.us', ['https://acme.crm.microsoftdynamics.us']],
    ['dynamics', 'acme.crm.dynamics.cn', ['https://acme.crm.dynamics.cn']],
  ])('%s %j', (preset, typed, origins) => {
    expect(expandCrmPreset(preset, typed)).toEqual({ ok: true, origins });
    for (const origin of origins) {
      expect(decideFrameOrigin(origin, { environment: 'production' })).toEqual({ ok: true, origin });
    }
  });
});

describe('I9 a preset refuses', () => {
  const everywhere = [
    '',
    ' ',
    '*',
    '-',
    'a b',
    'a,b',
    'a;b',
    'a\r\nb',
    'ácme',
    'аcme',
    'a_b',
    'a@b',
    'a:8443',
    '.',
    '-a',
  ];
  test.each<[CrmPresetId, string]>([
    ...CRM_PRESETS.flatMap(({ id }) => everywhere.map((typed) => [id, typed] as [CrmPresetId, string])),
    ...CRM_PRESETS.map(({ id }) => [id, 'a'.repeat(64)] as [CrmPresetId, string]),
    ...CRM_PRESETS.map(({ id }) => [id, 'a'.repeat(100_000)] as [CrmPresetId, string]),
    // A sandbox without its partition is a host that does not exist any more.
    ['salesforce', 'acme--uat'],
    ['salesforce', 'acme.evil'],
    ['salesforce', '*.lightning.force.com'],
    ['salesforce', 'lightning.force.com'],
    ['salesforce', 'acme.lightning.force.com.evil.test'],
    ['salesforce', 'https://evil.test/acme.lightning.force.com'],
    ['salesforce', 'https://acme.lightning.force.com:8443/'],
    ['salesforce', 'https://acme.lightning.force.com@evil.test/'],
    ['salesforce', 'http://acme.lightning.force.com'],
    ['servicenow', 'support.acme.com'],
    ['zendesk', 'acme.service-now.com'],
    // Without the region it would be somebody else's environment.
    ['dynamics', 'acme'],
    ['dynamics', 'acme.crm600'],
    ['dynamics', 'crm6.dynamics.com'],
  ])('%s %j', (preset, typed) => {
    const result = expandCrmPreset(preset, typed);
    expect(result.ok).toBe(false);
    if (!result.ok && typed.length > 40) expect(result.message).not.toContain(typed);
  });
});

test('I9 no preset has a host pattern that its own example does not fill', () => {
  for (const { id, example, hostPatterns } of CRM_PRESETS) {
    const filled = hostPatterns.map((pattern) => `https://${pattern.replace('{instance}', example)}`);
    expect(expandCrmPreset(id, example)).toEqual({ ok: true, origins: filled });
  }
});

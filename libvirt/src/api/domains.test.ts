// SPDX-License-Identifier: Apache-2.0

import { DomainsApi } from './domains.ts';
import { ScriptedDaemon } from './scripted-daemon.fixture.ts';

const dom = { name: 'a', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 7 };
const domHex = '00000001' + '61000000' + '6695eb01f6a4830479aa97f2502e193f' + '00000007';

function start(procedure: number, ret: string): { daemon: ScriptedDaemon; domains: DomainsApi } {
  const daemon = new ScriptedDaemon().answer(procedure, { ret });
  return { daemon, domains: new DomainsApi(daemon.rpc) };
}

it('lists with the bits of a filter', async () => {
  const { daemon, domains } = start(273, '00000001' + domHex + '00000001');
  await expect(domains.list({ active: true, persistent: true, inactive: false })).resolves.toEqual([dom]);
  expect(daemon.calls[0]?.args).toBe('00000001' + '00000005');
});

it('info is in bytes', async () => {
  const { domains } = start(16, '00000001' + '0000000000010000' + '0000000000008000' + '00000002' + '000000000a21fe80');
  await expect(domains.info(dom)).resolves.toEqual({
    state: 'running',
    maxMemoryBytes: 67_108_864,
    memoryBytes: 33_554_432,
    vcpuCount: 2,
    cpuTimeNs: 170_000_000,
  });
});

it('the reason is read in the light of the state', async () => {
  const { daemon, domains } = start(212, '00000003' + '00000005');
  await expect(domains.state(dom)).resolves.toEqual({ state: 'paused', reason: 'ioerror' });
  daemon.answer(212, { ret: '00000005' + '00000005' });
  await expect(domains.state(dom)).resolves.toEqual({ state: 'shutoff', reason: 'saved' });
  daemon.answer(212, { ret: '00000009' + '00000005' });
  await expect(domains.state(dom)).resolves.toEqual({ state: 'unknown-9', reason: 'unknown-5' });
});

it('control info says for how long', async () => {
  const { domains } = start(229, '00000002' + '00000000' + '00000000000005f3');
  await expect(domains.controlInfo(dom)).resolves.toEqual({ state: 'occupied', error: 'none', stateTimeMs: 1523 });
});

it.each<[string, number, (domains: DomainsApi) => Promise<unknown>, string]>([
  ['shutdown by ACPI', 258, (d) => d.shutdown(dom, { acpi: true }), '00000001'],
  ['reboot by any means', 27, (d) => d.reboot(dom), '00000000'],
  ['reset', 245, (d) => d.reset(dom), '00000000'],
  ['destroy', 234, (d) => d.destroy(dom), '00000000'],
  ['destroy gracefully', 234, (d) => d.destroy(dom, { graceful: true }), '00000001'],
  ['suspend', 34, (d) => d.suspend(dom), ''],
  ['resume', 28, (d) => d.resume(dom), ''],
  ['sleep', 261, (d) => d.pmSuspend(dom, 'disk'), '00000001' + '0000000000000000' + '00000000'],
  ['wake up', 267, (d) => d.pmWakeup(dom), '00000000'],
  ['managed save, to be paused', 182, (d) => d.managedSave(dom, { paused: true }), '00000004'],
  ['managed save remove', 184, (d) => d.managedSaveRemove(dom), '00000000'],
  ['inject NMI', 210, (d) => d.injectNmi(dom), '00000000'],
  ['set autostart', 29, (d) => d.setAutostart(dom, true), '00000001'],
  ['undefine with NVRAM', 231, (d) => d.undefine(dom, { nvram: true, managedSave: true }), '00000005'],
])('%s is one call', async (_name, procedure, act, args) => {
  const { daemon, domains } = start(procedure, '');
  await expect(act(domains)).resolves.toBeUndefined();
  expect(daemon.calls).toEqual([{ procedure, args: domHex + args }]);
});

it('start returns the domain with its new id', async () => {
  const { daemon, domains } = start(196, domHex);
  const off = { ...dom, id: -1 };
  await expect(domains.start(off, { paused: true })).resolves.toEqual(dom);
  expect(daemon.calls[0]?.args).toBe(domHex.slice(0, -8) + 'ffffffff' + '00000001');
});

it('a domain that has gone is an error with libvirt’s name', async () => {
  const { daemon, domains } = start(212, '');
  daemon.answer(212, { error: 42 });
  await expect(domains.state(dom)).rejects.toMatchObject({ code: 'LV_REMOTE', name: 'VIR_ERR_NO_DOMAIN' });
});

it('a UUID that is none never leaves', async () => {
  const { daemon, domains } = start(24, domHex);
  await expect(domains.lookupByUuid('not-a-uuid')).rejects.toMatchObject({ code: 'LV_ARG_VALUE' });
  expect(daemon.calls).toEqual([]);
});

it('metadata is a title, a description or an element of a namespace', async () => {
  const { daemon, domains } = start(265, '00000001' + '78000000');
  await domains.metadata(dom, 'description');
  await domains.metadata(dom, 'title');
  await domains.metadata(dom, { namespace: 'urn:x' });
  expect(daemon.calls.map(({ args }) => args.slice(domHex.length))).toEqual([
    '00000000' + '00000000' + '00000000',
    '00000001' + '00000000' + '00000000',
    '00000002' + ('00000001' + '00000005' + '75726e3a78000000') + '00000000',
  ]);
});

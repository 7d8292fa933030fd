// SPDX-License-Identifier: Apache-2.0
// The order of the fields in events, against bytes laid out by hand after libvirt's remote_protocol.x.

import { XdrReader } from '../xdr/reader.ts';
import * as events from './events.ts';
import type { EventMessage } from './procedure.ts';

const uuid = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const dom = { name: 'a', uuid, id: 7 };
const callback = '00000005';
const domHex = '00000001' + '61000000' + '6695eb01f6a4830479aa97f2502e193f' + '00000007';
const none = '00000000';

function read<P>(message: EventMessage<P>, ...hex: string[]): P {
  const reader = new XdrReader(Buffer.from(hex.join(''), 'hex'));
  const payload = message.payload.read(reader);
  expect(reader.remaining).toBe(0);
  return payload;
}

it.each([
  events.DOMAIN_EVENT_CALLBACK_PMWAKEUP,
  events.DOMAIN_EVENT_CALLBACK_PMSUSPEND,
  events.DOMAIN_EVENT_CALLBACK_PMSUSPEND_DISK,
])('$name has its reason before its domain', (message) => {
  expect(read(message, callback, '00000003', domHex)).toEqual({ callbackID: 5, reason: 3, dom });
});

it('I/O errors name the source, the device, the action, and with a reason that last', () => {
  const where = ['00000002', '2f780000', '0000000c', '76697274696f2d6469736b30'];
  expect(read(events.DOMAIN_EVENT_CALLBACK_IO_ERROR, callback, domHex, ...where, '00000001')).toEqual({
    callbackID: 5,
    dom,
    srcPath: '/x',
    devAlias: 'virtio-disk0',
    action: 1,
  });
  const reason = ['00000006', '656e6f7370630000'];
  expect(
    read(events.DOMAIN_EVENT_CALLBACK_IO_ERROR_REASON, callback, domHex, ...where, '00000001', ...reason),
  ).toMatchObject({ action: 1, reason: 'enospc' });
});

it('graphics events hold two addresses and a list of identities', () => {
  const address = ['00000000', '00000003', '3a3a3100', '00000004', '35393030'];
  const subject = ['00000001', '00000001', '78000000', '00000001', '79000000'];
  expect(
    read(
      events.DOMAIN_EVENT_CALLBACK_GRAPHICS,
      callback,
      domHex,
      '00000002',
      ...address,
      ...address,
      '00000003',
      '766e6300',
      ...subject,
    ),
  ).toEqual({
    callbackID: 5,
    dom,
    phase: 2,
    local: { family: 0, node: '::1', service: '5900' },
    remote: { family: 0, node: '::1', service: '5900' },
    authScheme: 'vnc',
    subject: [{ type: 'x', name: 'y' }],
  });
});

it('disk changes may lack either path', () => {
  expect(
    read(
      events.DOMAIN_EVENT_CALLBACK_DISK_CHANGE,
      callback,
      domHex,
      '00000001' + '00000002' + '2f780000',
      none,
      '00000003' + '76646100',
      '00000001',
    ),
  ).toEqual({ callbackID: 5, dom, oldSrcPath: '/x', newSrcPath: null, devAlias: 'vda', reason: 1 });
});

it('thresholds are 64 bits wide', () => {
  expect(
    read(
      events.DOMAIN_EVENT_BLOCK_THRESHOLD,
      callback,
      domHex,
      '00000003' + '76646100',
      none,
      '0020000000000001',
      '0000000000000002',
    ),
  ).toEqual({ callbackID: 5, dom, dev: 'vda', path: null, threshold: 9_007_199_254_740_993n, excess: 2n });
});

it('events of a completed job carry typed parameters', () => {
  expect(
    read(
      events.DOMAIN_EVENT_CALLBACK_JOB_COMPLETED,
      callback,
      domHex,
      '00000002',
      '00000009' + '6f7065726174696f6e000000' + '00000001' + '00000002',
      '00000007' + '7375636365737300' + '00000006' + '00000001',
    ).params,
  ).toEqual([
    { field: 'operation', type: 'int', value: 2 },
    { field: 'success', type: 'boolean', value: true },
  ]);
});

it('a changed MAC address comes with the old one first', () => {
  expect(
    read(
      events.DOMAIN_EVENT_NIC_MAC_CHANGE,
      callback,
      domHex,
      '00000004' + '6e657430',
      '00000001' + '61000000',
      '00000001' + '62000000',
    ),
  ).toMatchObject({ alias: 'net0', oldMAC: 'a', newMAC: 'b' });
});

it('a lost backend has no callback id', () => {
  expect(read(events.CONNECT_EVENT_CONNECTION_CLOSED, '00000001')).toEqual({ reason: 1 });
});

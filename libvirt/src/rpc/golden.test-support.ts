// SPDX-License-Identifier: Apache-2.0
// Bytes captured from a libvirtd 9.0.0 (research/libvirt-rpc.md appendix A), none of them made by our own writer.

import { AUTH_LIST } from '../protocol/auth.ts';
import { CONNECT_CLOSE, CONNECT_GET_LIB_VERSION, CONNECT_OPEN } from '../protocol/connect.ts';
import { CONNECT_GET_ALL_DOMAIN_STATS } from '../protocol/domain-stats.ts';
import { CONNECT_LIST_ALL_DOMAINS, DOMAIN_LOOKUP_BY_NAME } from '../protocol/domain.ts';
import { CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY } from '../protocol/events.ts';
import type { RpcClient } from './rpc-client.ts';

const TEST_DOMAIN = { name: 'test', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1 };

/** Calls and their replies, in the order of appendix A, as the serials 1 to 8 say. */
export const GOLDEN_CALLS: readonly {
  readonly what: string;
  readonly make: (client: RpcClient) => Promise<unknown>;
  readonly call: string;
  readonly reply: string;
  readonly result: unknown;
}[] = [
  {
    what: 'AUTH_LIST',
    make: (client) => client.call(AUTH_LIST, {}),
    call: '0000001c200080860000000100000042000000000000000100000000',
    reply: '000000242000808600000001000000420000000100000001000000000000000100000000',
    result: { types: [0] },
  },
  {
    what: 'CONNECT_OPEN test:///default',
    make: (client) => client.call(CONNECT_OPEN, { name: 'test:///default', flags: 0 }),
    call:
      '00000038200080860000000100000001000000000000000200000000' +
      '000000010000000f746573743a2f2f2f64656661756c740000000000',
    reply: '0000001c200080860000000100000001000000010000000200000000',
    result: {},
  },
  {
    what: 'CONNECT_GET_LIB_VERSION',
    make: (client) => client.call(CONNECT_GET_LIB_VERSION, {}),
    call: '0000001c20008086000000010000009d000000000000000300000000',
    reply: '0000002420008086000000010000009d0000000100000003000000000000000000895440',
    result: { lib_ver: 9_000_000n },
  },
  {
    what: 'CONNECT_LIST_ALL_DOMAINS',
    make: (client) => client.call(CONNECT_LIST_ALL_DOMAINS, { need_results: 1, flags: 3 }),
    call: '000000242000808600000001000001110000000000000004000000000000000100000003',
    reply:
      '00000040200080860000000100000111000000010000000400000000' +
      '00000001' + // one domain
      '0000000474657374' + // name
      '6695eb01f6a4830479aa97f2502e193f' + // uuid
      '00000001' + // id
      '00000001', // ret
    result: { domains: [TEST_DOMAIN], ret: 1 },
  },
  {
    what: 'CONNECT_GET_ALL_DOMAIN_STATS',
    make: (client) => client.call(CONNECT_GET_ALL_DOMAIN_STATS, { doms: [], stats: 1, flags: 0 }),
    call: '00000028200080860000000100000158000000000000000500000000000000000000000100000000',
    reply:
      '00000070200080860000000100000158000000010000000500000000' +
      '00000001' + // one record
      '00000004746573746695eb01f6a4830479aa97f2502e193f00000001' + // its domain
      '00000002' + // two parameters
      '0000000b73746174652e7374617465000000000100000001' + // state.state INT 1
      '0000000c73746174652e726561736f6e0000000100000000', // state.reason INT 0
    result: {
      retStats: [
        {
          dom: TEST_DOMAIN,
          params: [
            { field: 'state.state', type: 'int', value: 1 },
            { field: 'state.reason', type: 'int', value: 0 },
          ],
        },
      ],
    },
  },
  {
    what: 'DOMAIN_LOOKUP_BY_NAME of a domain that is not there',
    make: (client) => client.call(DOMAIN_LOOKUP_BY_NAME, { name: 'nope' }).catch((error: unknown) => error),
    call: '00000024200080860000000100000017000000000000000600000000000000046e6f7065',
    reply:
      '00000070200080860000000100000017000000010000000600000001' +
      '0000002a0000000c' + // code 42, domain 12 (TEST)
      '0000000100000010446f6d61696e206e6f7420666f756e64' + // message
      '00000002' + // level
      '00000000' + // no dom
      '0000000100000010446f6d61696e206e6f7420666f756e64' + // str1
      '0000000000000000' + // no str2, str3
      'ffffffffffffffff' + // int1, int2
      '00000000', // no net
    result: expect.objectContaining({
      code: 'LV_REMOTE',
      name: 'VIR_ERR_NO_DOMAIN',
      message: 'DOMAIN_LOOKUP_BY_NAME failed: Domain not found',
      procedure: 'DOMAIN_LOOKUP_BY_NAME',
      class: 'gone',
      retriable: false,
      number: 42,
      domain: 12,
      remoteMessage: 'Domain not found',
      level: 2,
      dom: null,
      str1: 'Domain not found',
      str2: null,
      str3: null,
      int1: -1,
      int2: -1,
      net: null,
    }),
  },
  {
    what: 'CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY lifecycle, all domains',
    make: (client) => client.call(CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, { eventID: 0, dom: null }),
    call: '0000002420008086000000010000013c0000000000000007000000000000000000000000',
    reply: '0000002020008086000000010000013c00000001000000070000000000000000',
    result: { callbackID: 0 },
  },
  {
    what: 'CONNECT_CLOSE',
    make: (client) => client.call(CONNECT_CLOSE, {}),
    call: '0000001c200080860000000100000002000000000000000800000000',
    reply: '0000001c200080860000000100000002000000010000000800000000',
    result: {},
  },
];

/** lifecycle SUSPENDED/PAUSED of domain fc4; its serial 1 is the one of the first call */
export const GOLDEN_EVENT =
  '0000004420008086000000010000013e000000020000000100000000' +
  '00000000' + // callback id
  '0000000366633400ef86180145b911cb88e3afbfe537049300000002' + // domain
  '0000000300000000'; // SUSPENDED, PAUSED

/** The daemon asks whether we live, and what we have to say. */
export const GOLDEN_PING = '0000001c6b6565700000000100000001000000020000000000000000';
export const GOLDEN_PONG = '0000001c6b6565700000000100000002000000020000000000000000';

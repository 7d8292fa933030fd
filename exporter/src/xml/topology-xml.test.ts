// SPDX-License-Identifier: Apache-2.0
import { parseCells } from './topology-xml.ts';

/** As libvirt 9.0 writes it, of a host with two cells of which the second has number 8 (POWER) and no huge pages. */
const CAPABILITIES = `<capabilities>
  <host>
    <topology>
      <cells num='2'>
        <cell id='0'>
          <memory unit='KiB'>9660620</memory>
          <pages unit='KiB' size='4'>2415155</pages>
          <pages unit='KiB' size='1048576'>1</pages>
          <pages unit='KiB' size='2048'>64</pages>
          <cpus num='2'>
            <cpu id='0' socket_id='0' die_id='0' core_id='0' siblings='0'/>
            <cpu id='1' socket_id='0' die_id='0' core_id='1' siblings='1'/>
          </cpus>
        </cell>
        <cell id='8'>
          <memory unit='KiB'>1024</memory>
          <pages unit='KiB' size='4'>256</pages>
          <cpus num='0'>
          </cpus>
        </cell>
      </cells>
    </topology>
  </host>
</capabilities>`;

test('cells have their memory, CPUs and huge pages, without pages of the ordinary size', () => {
  expect(parseCells(CAPABILITIES)).toEqual([
    {
      id: 0,
      memoryBytes: 9_660_620 * 1024,
      cpus: 2,
      hugepages: [
        { sizeKiB: 2048, total: 64 },
        { sizeKiB: 1_048_576, total: 1 },
      ],
    },
    { id: 8, memoryBytes: 1_048_576, cpus: 0, hugepages: [] },
  ]);
});

test('a driver that tells no topology has no cells, and a cell without a number is none', () => {
  expect(parseCells('<capabilities><host/></capabilities>')).toEqual([]);
  const cells = '<cells><cell><memory>1</memory></cell></cells>';
  expect(parseCells(`<capabilities><host><topology>${cells}</topology></host></capabilities>`)).toEqual([]);
});

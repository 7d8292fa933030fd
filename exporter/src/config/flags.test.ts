// SPDX-License-Identifier: Apache-2.0

import { FLAGS, helpText, parseFlags } from './flags.ts';

describe('the command line', () => {
  it('takes a value after = or as the next argument, and repeats', () => {
    const { values, problems } = parseFlags([
      '--libvirt.uri=qemu:///system?socket=/run/x',
      '--libvirt.uri',
      'test:///default',
      '--log.level',
      'debug',
      '--demo',
    ]);
    expect(problems).toEqual([]);
    expect(Object.fromEntries(values)).toEqual({
      '--libvirt.uri': ['qemu:///system?socket=/run/x', 'test:///default'],
      '--log.level': ['debug'],
      '--demo': [''],
    });
  });

  it('takes -h for --help', () => {
    expect([...parseFlags(['-h']).values.keys()]).toEqual(['--help']);
  });

  it.each([
    [
      'an unknown flag',
      ['--libvirt.url=x://u:hunter2@h'],
      '--libvirt.url: unknown flag; did you mean --libvirt.uri? See --help',
    ],
    [
      'an unknown flag with a value apart',
      ['--log-level', 'debug'],
      '--log-level: unknown flag; did you mean --log.level? See --help',
    ],
    ['one dash', ['-config.file=x'], '-config.file: unknown flag; did you mean --config.file? See --help'],
    ['a flag like no other', ['--storage.tsdb.path=/data'], '--storage.tsdb.path: unknown flag; see --help'],
    ['what is no flag', ['qemu:///system'], '"qemu:///system": not a flag; vireo takes flags only, see --help'],
    [
      'a flag without its value at the end',
      ['--config.file'],
      '--config.file: its value is missing; write --config.file=FILE',
    ],
    [
      'a flag without its value before another',
      ['--config.file', '--demo'],
      '--config.file: its value is missing; write --config.file=FILE',
    ],
    ['an empty value', ['--libvirt.uri='], '--libvirt.uri: its value is missing; write --libvirt.uri=URI'],
    ['a value for a flag without', ['--demo=false'], '--demo: takes no value; write --demo alone'],
    ['a flag given twice', ['--log.level=info', '--log.level=warn'], '--log.level: given more than once; keep one'],
    ['a control character', ['--\u001b[31m'], '--\\u001b[31m: unknown flag; see --help'],
  ])('refuses %s with one line', (_, argv, problem) => {
    expect(parseFlags(argv).problems).toEqual([problem]);
  });

  it('explains every flag and variable in its help', () => {
    for (const [name, flag] of Object.entries(FLAGS)) {
      expect(helpText()).toContain(`  ${name}`);
      if ('env' in flag) expect(helpText()).toContain(`[${flag.env}]`);
    }
  });
});

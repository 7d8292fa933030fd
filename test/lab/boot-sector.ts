// SPDX-License-Identifier: Apache-2.0
// A guest without an operating system: one boot sector on a 1 MiB raw disk. It works a little about every second,
// so that its counters move (CPU, disk reads and writes), and ignores ACPI. A key makes it do something by itself: `s`
// sleep (ACPI S3), `p` panic (through the pvpanic device), any other power off.

/** 16-bit code, loaded at 0x7c00, in hex, one instruction a line. Jumps are relative, so it needs no assembler. */
const CODE = [
  'fb', //     sti
  '31c0', //   xor ax, ax
  '8ed8', //   mov ds, ax
  '8ec0', //   mov es, ax
  // round:
  'bd1000', // mov bp, 16
  // tick:
  'f4', //     hlt            until the timer, 18.2 times a second
  '4d', //     dec bp
  '75fc', //   jnz tick
  'b80102', // mov ax, 0x0201 BIOS read, one sector
  'bb0080', // mov bx, 0x8000 to 0000:8000
  'b90200', // mov cx, 0x0002 cylinder 0, sector 2
  'ba8000', // mov dx, 0x0080 head 0 of the first disk
  'cd13', //   int 0x13
  'b80103', // mov ax, 0x0301 BIOS write, one sector
  'b90300', // mov cx, 0x0003 sector 3
  'cd13', //   int 0x13
];

/** What it does after that, every second. */
const WORK = [
  'b9ffff', // mov cx, 0xffff
  'e2fe', //   loop $         a moment of work
  'b401', //   mov ah, 1      is there a key?
  'cd16', //   int 0x16
  '74d8', //   jz round
  '3c70', //   cmp al, 'p'
  '7410', //   je panic
  'ba0406', // mov dx, 0x0604 the power management port of i440fx under SeaBIOS
  '3c73', //   cmp al, 's'
  'b80020', // mov ax, 0x2000 power off
  '7503', //   jne sleep or off
  'b80024', // mov ax, 0x2400 sleep
  // sleep or off:
  'ef', //     out dx, ax
  'eb06', //   jmp end
  // panic:
  'ba0505', // mov dx, 0x0505 pvpanic
  'b001', //   mov al, 1      panicked
  'ee', //     out dx, al
  // end:
  'f4', //     hlt
  'ebfd', //   jmp end
];

/** What it does instead when it shall cost its host nothing: halts, and hears no interrupt. */
const REST = [
  'fa', //     cli
  'f4', //     hlt
  'ebfc', //   jmp cli
];

/** The disk's bytes: 1 MiB, the first sector bootable. A guest that rests works one second only. */
export function buildBootDisk(rests = false): Buffer {
  const disk = Buffer.alloc(1024 * 1024);
  disk.write([...CODE, ...(rests ? REST : WORK)].join(''), 'hex');
  disk.write('55aa', 510, 'hex');
  return disk;
}

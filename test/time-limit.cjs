// SPDX-License-Identifier: Apache-2.0
// A busy machine is no fault: the time of a test ends one that hangs, and measures nothing. A file may set its own.
jest.setTimeout(60_000);

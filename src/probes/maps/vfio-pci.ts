import type { FunctionProbe, ProbeMap } from '../map.js';

const VMF = {
  vma: 'vmf->vma',
  address: 'vmf->address',
  start: 'vmf->vma->vm_start',
  end: 'vmf->vma->vm_end',
  mm: 'vmf->vma->vm_mm',
  device: 'vmf->vma->vm_private_data',
} as const;

/** PCI_COMMAND is at config offset 4, bit 1 is memory space enable. */
const COMMAND_WRITE = { arg: 'x0', is: 4 } as const;

const configWrite = 'vdev pos count perm offset val';

const faultHandlers: FunctionProbe[] = [
  {
    // G4 and newer: one entry of `order` per call, VM_FAULT_FALLBACK asks for a smaller one.
    symbols: ['vfio_pci_mmap_huge_fault'],
    role: 'fault',
    params: 'vmf order',
    args: { ...VMF, order: 'order' },
    result: 'fault',
    covers: 'address-order',
    level: 'verdict',
    kernels: { vfio_pci_mmap_huge_fault: '6.12..' },
    note: 'G4 and newer (6.12)',
  },
  {
    symbols: ['vfio_pci_mmap_page_fault'],
    role: 'fault',
    params: 'vmf',
    args: VMF,
    result: 'fault',
    covers: 'address-order',
    order: 0,
    level: 'full',
    kernels: { vfio_pci_mmap_page_fault: '6.12..' },
    note: 'G4 and newer, calls vfio_pci_mmap_huge_fault',
  },
  {
    // G1, G2: the whole VMA at its first fault; G3 pre-faults with vmf_insert_pfn.
    symbols: ['vfio_pci_mmap_fault'],
    role: 'fault',
    params: 'vmf',
    args: VMF,
    result: 'fault',
    covers: 'vma',
    level: 'verdict',
    kernels: { vfio_pci_mmap_fault: '..6.11' },
    note: 'G1 to G3',
  },
  {
    symbols: ['vfio_pci_dma_buf_mmap_huge_fault'],
    role: 'fault',
    params: 'vmf order',
    args: { vma: VMF.vma, address: VMF.address, start: VMF.start, end: VMF.end, mm: VMF.mm, order: 'order' },
    result: 'fault',
    covers: 'address-order',
    level: 'verdict',
    kernels: { vfio_pci_dma_buf_mmap_huge_fault: '7.4..' },
    note: 'G7 (proposed)',
  },
  {
    symbols: ['vfio_pci_dma_buf_mmap_page_fault'],
    role: 'fault',
    params: 'vmf',
    args: { vma: VMF.vma, address: VMF.address, start: VMF.start, end: VMF.end, mm: VMF.mm },
    result: 'fault',
    covers: 'address-order',
    order: 0,
    level: 'full',
    kernels: { vfio_pci_dma_buf_mmap_page_fault: '7.4..' },
    note: 'G7 (proposed)',
  },
  {
    symbols: ['nvgrace_gpu_vfio_pci_huge_fault'],
    role: 'fault',
    params: 'vmf order',
    args: { ...VMF, order: 'order' },
    result: 'fault',
    covers: 'address-order',
    level: 'verdict',
    kernels: { nvgrace_gpu_vfio_pci_huge_fault: '6.19..' },
    note: 'nvgrace-gpu, 6.19 and newer',
  },
  {
    symbols: ['vfio_pci_vmf_insert_pfn'],
    role: 'decision',
    params: 'vdev vmf pfn order',
    args: { device: 'vdev', vma: 'vmf->vma', address: 'vmf->address', pfn: 'pfn', order: 'order' },
    result: 'fault',
    level: 'verdict',
    kernels: { vfio_pci_vmf_insert_pfn: '6.19..' },
    note: 'G5 and newer (6.19)',
  },
];

const stateFunctions: FunctionProbe[] = [
  {
    symbols: ['vfio_basic_config_write'],
    role: 'control',
    params: configWrite,
    args: { device: 'vdev', x0: 'offset', x1: 'val' },
    cause: 'memory-disabled',
    effects: [
      {
        when: [COMMAND_WRITE, { arg: 'x1', mask: 2, is: 0 }],
        does: 'block',
        causes: ['memory-disabled'],
        holds: 'until-unblock',
      },
      { when: [COMMAND_WRITE, { arg: 'x1', mask: 2, is: 2 }], does: 'unblock', causes: ['memory-disabled'] },
    ],
    level: 'state',
  },
  {
    // PMCSR is at offset 4 of the PM capability; D3hot is state 3.
    symbols: ['vfio_pm_config_write'],
    role: 'control',
    params: configWrite,
    args: { device: 'vdev', x0: 'offset', x1: 'val' },
    cause: 'd3hot',
    effects: [
      {
        when: [
          { arg: 'x0', is: 4 },
          { arg: 'x1', mask: 3, is: 3 },
        ],
        does: 'block',
        causes: ['d3hot'],
        holds: 'until-unblock',
      },
      {
        when: [
          { arg: 'x0', is: 4 },
          { arg: 'x1', mask: 3, is: [0, 1, 2] },
        ],
        does: 'unblock',
        causes: ['d3hot'],
        ways: ['write'],
      },
    ],
    level: 'state',
  },
  {
    // PCI_EXP_DEVCTL (offset 8 of the PCIe capability), bit 15: function level reset
    symbols: ['vfio_exp_config_write'],
    role: 'control',
    params: configWrite,
    args: { device: 'vdev', x0: 'offset', x1: 'val' },
    cause: 'flr',
    effects: [
      {
        when: [
          { arg: 'x0', is: 8 },
          { arg: 'x1', mask: 0x8000, is: 0x8000 },
        ],
        does: 'block',
        causes: ['reset'],
        holds: 'call',
      },
    ],
    level: 'state',
  },
  {
    // PCI_AF_CTRL (offset 4 of the AF capability), bit 0: function level reset
    symbols: ['vfio_af_config_write'],
    role: 'control',
    params: configWrite,
    args: { device: 'vdev', x0: 'offset', x1: 'val' },
    cause: 'flr',
    effects: [
      {
        when: [
          { arg: 'x0', is: 4 },
          { arg: 'x1', mask: 1, is: 1 },
        ],
        does: 'block',
        causes: ['reset'],
        holds: 'call',
      },
    ],
    level: 'state',
  },
  {
    // A write to PMCSR leads through it, and so do resets, which power the device up.
    symbols: ['vfio_pci_set_power_state'],
    role: 'control',
    params: 'vdev state',
    args: { device: 'vdev', x0: 'state' },
    effects: [
      { when: [{ arg: 'x0', is: [0, 1, 2] }], does: 'unblock', causes: ['d3hot'], ways: ['write', 'reset'] },
    ],
    level: 'state',
  },
  {
    // VFIO_DEVICE_RESET 0x3b6f, VFIO_DEVICE_PCI_HOT_RESET 0x3b71
    symbols: ['vfio_pci_core_ioctl'],
    role: 'control',
    params: 'core_vdev cmd arg',
    args: { device: 'core_vdev', x0: 'cmd' },
    cause: 'reset',
    effects: [
      { when: [{ arg: 'x0', is: 0x3b6f }], does: 'block', causes: ['reset'], holds: 'call' },
      { when: [{ arg: 'x0', is: 0x3b71 }], does: 'block', causes: ['reset'], holds: 'call', spreads: true },
    ],
    level: 'state',
  },
  {
    // VFIO_DEVICE_FEATURE: SET is bit 17; 3 and 4 enter low power, 5 leaves it
    symbols: ['vfio_pci_core_ioctl_feature'],
    role: 'control',
    params: 'device flags arg argsz',
    args: { device: 'device', x0: 'flags' },
    cause: 'low-power',
    effects: [
      {
        when: [{ arg: 'x0', mask: 0x2ffff, is: [0x20003, 0x20004] }],
        does: 'block',
        causes: ['low-power'],
        holds: 'until-unblock',
        ifReturned: 0,
      },
      {
        when: [{ arg: 'x0', mask: 0x2ffff, is: 0x20005 }],
        does: 'unblock',
        causes: ['low-power'],
        ways: ['exit'],
      },
    ],
    level: 'state',
  },
  {
    // A wakeup resume leaves low power by itself; its argument is a struct device, so it speaks for any device.
    symbols: ['vfio_pci_core_runtime_resume'],
    role: 'control',
    params: 'dev',
    effects: [{ does: 'unblock', causes: ['low-power'], ways: ['wakeup'] }],
    level: 'state',
  },
  {
    symbols: ['vfio_pci_runtime_pm_entry'],
    role: 'control',
    params: 'vdev efdctx',
    args: { device: 'vdev' },
    result: 'errno',
    cause: 'low-power',
    effects: [{ does: 'block', causes: ['low-power'], holds: 'until-unblock', ifReturned: 0 }],
    level: 'state',
    kernels: { vfio_pci_runtime_pm_entry: '6.1..' },
    note: '7.3: out of line',
  },
  {
    symbols: ['vfio_pci_runtime_pm_exit'],
    role: 'control',
    params: 'vdev',
    args: { device: 'vdev' },
    effects: [{ does: 'unblock', causes: ['low-power'], ways: ['exit'] }],
    level: 'state',
    kernels: { vfio_pci_runtime_pm_exit: '6.1..' },
    note: '7.3: out of line',
  },
  {
    // The positive "memory is enabled again" event, before up_write; revoked=1 goes with each zap.
    symbols: ['vfio_pci_dma_buf_move'],
    role: 'control',
    params: 'vdev revoked',
    args: { device: 'vdev', x0: 'revoked' },
    types: { x0: 'u8' },
    effects: [
      { when: [{ arg: 'x0', is: 0 }], does: 'unblock', causes: ['memory-disabled'] },
      { when: [{ arg: 'x0', is: 0 }], does: 'unblock', causes: ['d3hot'], ways: ['write', 'reset'] },
    ],
    level: 'state',
    kernels: { vfio_pci_dma_buf_move: '6.19..' },
    note: 'G5 and newer (6.19)',
  },
  {
    symbols: [
      'vfio_pci_zap_and_down_write_memory_lock',
      'vfio_pci_lock_zap_revoke_bars',
      'vfio_pci_lock_revoke_bars',
    ],
    role: 'control',
    params: 'vdev',
    args: { device: 'vdev' },
    level: 'verdict',
    kernels: { vfio_pci_lock_zap_revoke_bars: '7.4..', vfio_pci_lock_revoke_bars: '7.4..' },
  },
  {
    symbols: ['vfio_pci_dev_set_hot_reset'],
    role: 'control',
    params: 'dev_set groups iommufd_ctx',
    cause: 'hot-reset',
    level: 'state',
  },
  {
    symbols: ['vfio_pci_core_close_device'],
    role: 'control',
    params: 'core_vdev',
    args: { device: 'core_vdev' },
    cause: 'close',
    effects: [{ does: 'unblock', causes: ['*'] }],
    level: 'state',
  },
  {
    symbols: ['__vfio_pci_memory_enabled'],
    role: 'query',
    params: 'vdev',
    args: { device: 'vdev' },
    result: 'bool',
    level: 'verdict',
  },
];

/** vfio-pci and its variants, generations G1 (5.8) to G7 (proposed): kernel facts §1 and §2. Chosen by which symbols occur. */
export const vfioPci: ProbeMap = {
  name: 'vfio-pci',
  title: 'vfio-pci core and variants (5.8 to 7.3)',
  module: 'vfio_pci_core',
  functions: [
    {
      symbols: ['vfio_pci_core_mmap', 'vfio_pci_mmap'],
      role: 'mmap',
      params: 'core_vdev vma',
      args: {
        device: 'core_vdev',
        vma: 'vma',
        start: 'vma->vm_start',
        end: 'vma->vm_end',
        pgoff: 'vma->vm_pgoff',
        mm: 'vma->vm_mm',
        mapping: 'vma->vm_file->f_mapping',
      },
      result: 'errno',
      level: 'verdict',
      kernels: { vfio_pci_core_mmap: '5.15..', vfio_pci_mmap: '..5.14' },
    },
    ...faultHandlers,
    {
      // G1, G2: walks the driver's own list of VMAs that have faulted
      symbols: ['vfio_pci_zap_and_vma_lock'],
      role: 'zap-list',
      params: 'vdev try',
      args: { device: 'vdev', x0: 'try' },
      types: { x0: 'u8' },
      // a hot reset only tries: false when it has given up
      result: 'bool',
      // memory_lock comes when the list is empty
      lock: 'after',
      level: 'verdict',
      kernels: { vfio_pci_zap_and_vma_lock: '..6.9' },
      note: 'G1, G2',
    },
    ...stateFunctions,
  ],
  excludes: 'zap',
};

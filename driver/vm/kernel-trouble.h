/* kernel-trouble: lines of a serial console by which a Linux kernel says that
 * something goes wrong, short of a panic.  Pure. */
#ifndef DRIVER_VM_KERNEL_TROUBLE_H
#define DRIVER_VM_KERNEL_TROUBLE_H

/** kernel_trouble_in() - what @line complains of, from there to its end, within
 * @line; NULL: nothing */
const char *kernel_trouble_in(const char *line);

#endif /* DRIVER_VM_KERNEL_TROUBLE_H */

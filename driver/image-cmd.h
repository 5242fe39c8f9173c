/* image-cmd: `vdelab image`: guest images, made by the image builder. */
#ifndef DRIVER_IMAGE_CMD_H
#define DRIVER_IMAGE_CMD_H

#include "lib/cli.h"

extern const struct cli_command image_commands[];

#endif /* DRIVER_IMAGE_CMD_H */

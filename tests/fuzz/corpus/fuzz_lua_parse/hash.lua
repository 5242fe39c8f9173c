#!/usr/bin/vdelab
return 1
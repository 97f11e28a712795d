/*
 * weir.h: the whole public interface.
 */
#ifndef WEIR_H
#define WEIR_H

#define WEIR_API __attribute__((visibility("default")))

#endif

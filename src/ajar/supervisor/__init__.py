"""The process that holds the sockets, the lock and the config watch, and that starts and stops every other one."""

# libtenon and the tenon command.

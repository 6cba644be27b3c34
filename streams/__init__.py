"""What travels and what it means: messages, topics, detection, and the guarded stream workers."""

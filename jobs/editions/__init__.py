"""From events to frozen mails: who is due, what they are told, holds, corrections, and the proof."""

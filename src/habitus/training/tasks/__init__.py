"""What can be trained: tasks that give the loop their data, their steps and their losses."""

import './command.test';
import './conversation.test';
import './format.test';
import './merge.test';
import './rank.test';
import './scale.test';
import './schema.test';

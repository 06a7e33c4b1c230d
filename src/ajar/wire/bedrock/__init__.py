"""AWS Bedrock's Converse and ConverseStream. The model stands in the URL, not in the body."""

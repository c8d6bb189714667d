// Run applications with OpenAI's own client: node examples/openai/chat.mjs (npm install openai)
// An application's slug is a model. FACEPLATE_URL and FACEPLATE_API_KEY say where and as whom.
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: (process.env.FACEPLATE_URL ?? "http://127.0.0.1:8000") + "/v1",
  apiKey: process.env.FACEPLATE_API_KEY,
});

let text = "";
const stream = await client.chat.completions.create({
  model: "default-grammar",
  messages: [{ role: "user", content: "She no went to the market." }],
  stream: true,
});
for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";

const typed = await client.chat.completions.create({
  model: "default-tweet-classifier",
  messages: [{ role: "user", content: "I loved the new Batman movie!" }],
  response_format: { type: "json_object" },
});

console.log(JSON.stringify({ text, sentiment: typed.result.sentiment }));

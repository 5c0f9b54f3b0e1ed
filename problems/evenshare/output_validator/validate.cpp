// validate INPUT ANSWER FEEDBACK/ < OUTPUT: are these bags, each named once, whose sweets n children can share?
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

static std::string feedback;

[[noreturn]] static void wrong(const std::string& why) {
    std::ofstream(feedback + "judgemessage.txt") << why << "\n";
    std::exit(43);
}

static long long number(const std::string& what, long long low, long long high) {
    std::string token;
    if (!(std::cin >> token)) wrong(what + " is missing");
    if (token.size() > 10 || token.find_first_not_of("0123456789") != std::string::npos)
        wrong(what + " is not a number: " + token.substr(0, 40));
    long long value = std::stoll(token);
    if (value < low || value > high)
        wrong(what + " is " + token + ", not between " + std::to_string(low) + " and " + std::to_string(high));
    return value;
}

int main(int argc, char** argv) {
    if (argc < 4) return 1;
    feedback = argv[3];
    std::ifstream input(argv[1]);
    int n = 0;
    if (!(input >> n)) return 1;
    std::vector<long long> bags(static_cast<size_t>(n) + 1);
    for (int i = 1; i <= n; i++)
        if (!(input >> bags[static_cast<size_t>(i)])) return 1;
    std::vector<bool> given(static_cast<size_t>(n) + 1);
    long long count = number("the number of bags", 1, n), sweets = 0;
    for (long long i = 1; i <= count; i++) {
        size_t bag = static_cast<size_t>(number("bag " + std::to_string(i) + " of the list", 1, n));
        if (given[bag]) wrong("bag " + std::to_string(bag) + " is given away twice");
        given[bag] = true;
        sweets += bags[bag];
    }
    std::string more;
    if (std::cin >> more) wrong("there is more after the list: " + more.substr(0, 40));
    if (sweets % n != 0)
        wrong(std::to_string(sweets) + " sweets for " + std::to_string(n) + " children leave " + std::to_string(sweets % n));
    return 42;
}

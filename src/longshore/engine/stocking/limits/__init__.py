"""Stock policies of many items under limits they share: space, money, life on the shelf."""
